import { createHash } from 'node:crypto';

/** SHA-256 in hex of bytes, or of a text as UTF-8. In a browser `node:crypto` is `browser/node-crypto.ts`, for texts alone. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
