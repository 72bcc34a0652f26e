/**
 * The worker entry: the module that a lane's worker runs. It is started by a gate and is of no use by itself.
 *
 * The imports are static and await nothing, so the handler is in place before any message can come; the modules of the user are
 * imported later, when the first call that needs them is taken.
 *
 * @module
 */

import "./mark.ts";
import { LaneCore } from "./core.ts";

new LaneCore();
