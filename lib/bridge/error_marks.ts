/**
 * What a revived error says about its crossing, under symbols of the global registry, so that two copies of the
 * package understand each other.
 *
 * @module
 */

/**
 * Key of a list of strings on a revived error: what could not cross, and where it was, as `request.socket: an
 * instance of Socket`. Enumerable, so that a printed error shows it; absent if nothing was left out.
 */
export const omittedProperties: unique symbol = Symbol.for("tokengate.omittedProperties");

/**
 * Key of a string on a revived error: the name of its class in the lane, where neither its built-in class nor its
 * `name` tells it. Not enumerable.
 */
export const remoteClassName: unique symbol = Symbol.for("tokengate.remoteClassName");
