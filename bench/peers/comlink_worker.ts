/** The worker side of comlink. @module */

import { parentPort } from "node:worker_threads";
import { work } from "../work.ts";
import { requirePackage } from "./locate.ts";

interface ComlinkModule {
  expose(value: object, endpoint?: object): void;
}

const comlink = requirePackage<ComlinkModule>("comlink/dist/umd/comlink.js");
if ("Deno" in globalThis || "Bun" in globalThis) {
  comlink.expose(work);
} else {
  const endpointOf = requirePackage<(endpoint: object) => object>(
    "comlink/dist/umd/node-adapter.js",
  );
  comlink.expose(work, endpointOf(parentPort!));
}
