// Lets Node import .ts files: `node --import ./loader/register.mjs file.ts`, or an import in a worker thread's entry.
import * as nodeModule from 'node:module';
import { load } from './typescript.mjs';

process.setSourceMapsEnabled(true);
if (nodeModule.registerHooks) nodeModule.registerHooks({ load });
else nodeModule.register('./typescript.mjs', import.meta.url);
