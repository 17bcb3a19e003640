/** Whose pictures the caller sees, in which order. Pure. */

/** @typedef {{identity: string, name: string}} Tile */

/** @param {Tile} tile */
export function isAgent({ identity }) {
  return identity.startsWith('agent_');
}

/**
 * A picture has come: an agent's takes the assistant's place, a second agent's stands beside the first.
 * @param {Tile[]} tiles @param {Tile} tile
 */
export function withTile(tiles, tile) {
  const there = tiles.some((one) => one.identity === tile.identity);
  const all = there ? tiles.map((one) => (one.identity === tile.identity ? tile : one)) : [...tiles, tile];
  return all.some(isAgent) ? all.filter(isAgent) : [tile];
}

/** @param {Tile[]} tiles @param {string} identity */
export function withoutTile(tiles, identity) {
  return tiles.filter((one) => one.identity !== identity);
}
