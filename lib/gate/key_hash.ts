/**
 * A number from a key, which says what lane it usually has.
 *
 * @module
 */

/**
 * The hash of Fowler, Noll and Vo (FNV-1a, 32 bits), over 16-bit units, with a last mixing step: what is left by a division by few lanes depends on all of it.
 *
 * @param key a key
 * @returns a whole number from 0 to below 2^32, always the same for the same key
 */
export function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
