// Entry of a decoding thread. In Node 20 threads do not inherit the loader that their process reads TypeScript with.
import '../../../loader/register.mjs';

await import('./decode-worker.ts');
