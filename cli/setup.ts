import { backends } from '../backends/registry.ts';
import { UserError } from '../harness/errors.ts';
import { didYouMean } from '../harness/nearest.ts';
import type { Verb } from './verb.ts';

/** `npm run setup -- <backend>`: installs what a backend needs beyond npm. */
export const setup: Verb = {
  arguments: '<backend>',
  description:
    'Installs what a backend needs beyond the npm packages, in the cache folder (RESIDUALS_CACHE), where it is then found. What is there already is kept; after an interruption the same command continues. torch: a Python environment with PyTorch, made by RESIDUALS_PYTHON or python3. A machine without an NVIDIA driver gets the build without CUDA; --device decides otherwise. onnxruntime-cuda: what the npm package lacks for --device cuda on Linux, the CUDA provider and NVIDIA’s libraries (1.2 GB fetched, 2 GB kept), fetched with pip and checked by digest. tfjs: TensorFlow.js with WASM and plain JavaScript, from npm. tfjs-node and tfjs-node-gpu: with TensorFlow’s library too, on Linux x64, from PyPI with pip; a C++ compiler (CXX or c++) is needed.',
  options: ['device'],
  exits: { failed: 'a tool that is needed is missing, or what was fetched or made does not work' },
  environment: ['RESIDUALS_PYTHON', 'RESIDUALS_CACHE', 'COLUMNS'],
  files: [],
  examples: [
    ['npm run setup -- torch', 'PyTorch, for --backend torch'],
    ['npm run setup -- torch --device cuda', 'PyTorch with CUDA, whatever this machine has'],
    ['npm run setup -- onnxruntime-cuda', 'CUDA for --backend onnxruntime --device cuda'],
    ['npm run setup -- tfjs', 'TensorFlow.js, for --backend tfjs, on any machine'],
    ['npm run setup -- tfjs-node', 'the same with TensorFlow’s library, several times as fast'],
  ],
  async run([name = ''], { device }) {
    const loaded = await Promise.all(Object.values(backends).map(load => load()));
    const wanting = loaded.filter(({ setup }) => setup !== undefined);
    const names = wanting.flatMap(({ id, parts = [] }) => [id, ...parts]);
    const backend = wanting.find(({ id, parts = [] }) => id === name || parts.includes(name));
    if (!backend) {
      const npm = loaded.some(({ id }) => id === name) ? `npm brings all that ${name} needs` : '';
      const why = npm || `there is no backend "${name}" to set up`;
      throw new UserError(
        `setup: ${why}; expected ${names.join(' or ')}. ${didYouMean(name, names)}`.trim(),
        {
          fix: `npm run setup -- ${names[0]}`,
        },
      );
    }
    const { devices } = backend.capabilities;
    if (device !== undefined && !devices.includes(device)) {
      throw new UserError(`--device is "${device}"; ${name} has ${devices.join(' and ')}.`, {
        fix: `--device ${devices[0]}`,
      });
    }
    const part = name === backend.id ? undefined : name;
    console.log(`${await backend.setup!(message => console.error(message), device, part)}.`);
    return 0;
  },
};
