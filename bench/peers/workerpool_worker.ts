/** The worker side of workerpool. @module */

import { work } from "../work.ts";
import { requirePackage } from "./locate.ts";

interface WorkerpoolModule {
  worker(functions: object): void;
}

requirePackage<WorkerpoolModule>("workerpool/src/index.js").worker(work);
