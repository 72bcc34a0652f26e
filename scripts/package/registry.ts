/**
 * A registry on the loopback interface that has one package, so that each runtime installs it by its own command, by name.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readTarball } from "../npm_package/tarball.ts";

/** The running registry. */
export interface LoopbackRegistry {
  /** What an `.npmrc` says, so that it is asked for this package alone. */
  readonly npmrc: string;
  /** Name of the package. */
  readonly name: string;
  /** Path of its command in it, if it has one. */
  readonly command: string | undefined;
  /** Ends it. */
  close(): Promise<void>;
}

/**
 * Starts it.
 *
 * @param tarball path of the packed package
 * @returns the registry
 */
export async function startRegistry(tarball: string): Promise<LoopbackRegistry> {
  const bytes = await Deno.readFile(tarball);
  const packed = (await readTarball(tarball)).find(({ path }) => path === "package.json")!;
  const manifest = JSON.parse(new TextDecoder().decode(packed.bytes));
  const { name, version } = manifest;
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  const shasum = createHash("sha1").update(bytes).digest("hex");
  const file = "/package.tgz";
  const answer = ({ url }: Request): Response => {
    const { origin, pathname } = new URL(url);
    if (pathname === file) return new Response(bytes);
    if (decodeURIComponent(pathname) !== `/${name}`) return new Response(null, { status: 404 });
    const dist = { integrity, shasum, tarball: origin + file };
    return Response.json({
      name,
      "dist-tags": { latest: version },
      versions: { [version]: { ...manifest, dist } },
      // Package managers that hold back what is new must not hold back this.
      time: { created: "2020-01-01T00:00:00.000Z", [version]: "2020-01-01T00:00:00.000Z" },
    });
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  return {
    npmrc: `${name.split("/")[0]}:registry=http://127.0.0.1:${server.addr.port}/\n`,
    name,
    command: Object.values<string>(manifest.bin ?? {})[0],
    close: () => server.shutdown(),
  };
}
