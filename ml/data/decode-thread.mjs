// Entry of a decoding thread. In Node 20 threads do not inherit the loader that their process reads TypeScript with.
import { register } from 'tsx/esm/api';

register();
await import('./decode-worker.ts');
