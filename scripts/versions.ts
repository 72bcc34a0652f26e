/**
 * The version stands in `deno.json`; wherever else a text says which one it is, it says the same.
 *
 * @module
 */

/**
 * Finds what says another version.
 *
 * @param manifest name and version of the package
 * @param texts the texts that people and programs read, by path: documents, workflows, sources
 * @returns one line for each
 */
export function findOtherVersions(
  { name, version }: { readonly name: string; readonly version: string },
  texts: ReadonlyMap<string, string>,
): string[] {
  const problems: string[] = [];
  const expect = (path: string, found: string | undefined, what: string): void => {
    if (found !== version) problems.push(`${path}: ${what} ${found}, but deno.json ${version}`);
  };
  const pinned = new RegExp(`${name}@\\^?(\\d+\\.\\d+\\.\\d+(?:-[\\w.]+)?)`, "g");
  for (const [path, text] of texts) {
    for (const match of text.matchAll(pinned)) expect(path, match[1], `names ${name}`);
    if (path.endsWith(".ts")) {
      for (const match of text.matchAll(/\bVERSION\b[^=\n]*= *"(\d[^"]*)"/g)) {
        expect(path, match[1], "calls itself");
      }
    }
  }
  const readme = texts.get("README.md");
  for (const match of readme?.matchAll(/\bVersion (\d+\.\d+\.\d+)/g) ?? []) {
    expect("README.md", match[1], "speaks of version");
  }
  const changes = texts.get("CHANGELOG.md");
  if (changes !== undefined) {
    // What is not released yet may stand above it, without a number.
    expect("CHANGELOG.md", /^## +\[?v?(\d+\.\d+\.\d+[\w.-]*)/m.exec(changes)?.[1], "begins with");
  }
  return problems;
}

/**
 * Checks the tag of a release.
 *
 * @param tag the tag
 * @param version the version of the package
 * @returns what is wrong with it
 */
export function findTagProblem(tag: string, version: string): string | undefined {
  return tag === `v${version}` ? undefined : `the tag is ${tag}, and not v${version}`;
}
