// A picture of a page in few bytes: a PNG of at most 256 colours, none far from those that it has.
import { deflateSync } from "node:zlib";

/** Colours of a palette. */
const MOST = 256;
/** Those that are kept as they are: grounds and tints, however near to each other. */
const KEPT = 48;

/**
 * @param {Uint8Array} pixels red, green, blue and what is behind, row by row
 * @param {number} width
 * @param {number} height
 */
export function indexed(pixels, width, height) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  const colour = (/** @type {number} */ at) => (pixels[4 * at] << 16) | (pixels[4 * at + 1] << 8) | pixels[4 * at + 2];
  for (let at = 0; at < width * height; at += 1) counts.set(colour(at), (counts.get(colour(at)) ?? 0) + 1);
  // The order of equally frequent ones must not depend on where they stand.
  const all = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([found]) => found);
  let reach = 0;
  let palette = all;
  while (palette.length > MOST) palette = spread(all, ++reach);
  const place = new Map(all.map((found) => [found, nearest(palette, found)]));
  const rows = Buffer.alloc((width + 1) * height);
  for (let at = 0; at < width * height; at += 1) rows[at + Math.floor(at / width) + 1] = place.get(colour(at)) ?? 0;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  // Eight bits a pixel, each a place in the palette.
  head.set([8, 3], 8);
  const colours = Buffer.from(palette.flatMap((found) => [found >> 16, (found >> 8) & 255, found & 255]));
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("PLTE", colours), chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}

/**
 * The most frequent colours, and of the others those that lie farther than `reach` from all of them: what is left out lies within it of one.
 * @param {number[]} all
 * @param {number} reach
 */
function spread(all, reach) {
  /** @type {number[]} */
  const chosen = [];
  for (const found of all) {
    if (chosen.length > MOST) break;
    if (chosen.length < KEPT || chosen.every((other) => apart(other, found) > reach ** 2)) chosen.push(found);
  }
  return chosen;
}

/**
 * @param {number[]} palette
 * @param {number} wanted
 */
function nearest(palette, wanted) {
  let best = 0;
  let least = Infinity;
  for (const [index, found] of palette.entries()) {
    const far = apart(found, wanted);
    if (far < least) [best, least] = [index, far];
  }
  return best;
}

/**
 * The square of how far two colours lie apart.
 * @param {number} a
 * @param {number} b
 */
const apart = (a, b) => [16, 8, 0].reduce((sum, shift) => sum + (((a >> shift) & 255) - ((b >> shift) & 255)) ** 2, 0);

/**
 * @param {string} name
 * @param {Buffer} data
 */
function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** @param {Buffer} bytes */
function crc32(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}
