import { sha256 } from './sha256.ts';

/** As much of node:crypto as digests of texts need. */
export function createHash() {
  let text = '';
  return {
    update(part: string) {
      text += part;
      return this;
    },
    digest: () => sha256(text),
  };
}
