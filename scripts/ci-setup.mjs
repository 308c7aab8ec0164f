#!/usr/bin/env zx
// Installs what the tests use beyond package.json: a Python with PyTorch, LaTeX with booktabs and what reads a PDF, a WebGPU
// device in software, Chromium and axe, and TensorFlow.js in the cache folder.
// What is no package of npm on Debian and Ubuntu only; elsewhere it says what to install by hand.
import { $, which } from 'zx';

$.verbose = true;

/** Debian packages by what they enable; the command of each tells whether it is there already. */
const parts = [
  {
    enables: 'gradients compared with PyTorch',
    packages: ['python3-torch', 'python3-numpy'],
    present: () =>
      $({
        nothrow: true,
        quiet: true,
      })`${process.env.RESIDUALS_PYTHON ?? 'python3'} -c ${'import torch, numpy'}`,
  },
  {
    enables: "TensorFlow's library for TensorFlow.js",
    packages: ['g++', 'python3-pip'],
    present: () =>
      $({
        nothrow: true,
        quiet: true,
      })`${process.env.CXX ?? 'c++'} --version && ${process.env.RESIDUALS_PYTHON ?? 'python3'} -m pip --version`,
  },
  {
    enables: 'LaTeX tables compiled',
    packages: ['texlive-latex-base', 'texlive-latex-recommended'],
    present: () => $({ nothrow: true, quiet: true })`kpsewhich booktabs.sty`,
  },
  {
    enables: 'the text and the fonts of LaTeX pages read',
    packages: ['lmodern', 'poppler-utils'],
    present: () => $({ nothrow: true, quiet: true })`kpsewhich lmodern.sty && pdffonts -v`,
  },
  {
    enables: 'WebGPU on a device in software, the one of Chromium',
    packages: ['chromium-common', 'libvulkan1'],
    present: () =>
      $({
        nothrow: true,
        quiet: true,
      })`test -e /usr/lib/chromium/vk_swiftshader_icd.json && ldconfig -p | grep -q libvulkan.so.1`,
  },
  {
    enables: 'the report opened in a browser',
    packages: ['chromium'],
    present: () => $({ nothrow: true, quiet: true })`chromium --version`,
  },
  {
    enables: 'system calls of ONNX Runtime watched',
    packages: ['strace'],
    present: () => $({ nothrow: true, quiet: true })`strace --version`,
  },
];

const missing = [];
for (const part of parts) if ((await part.present()).exitCode !== 0) missing.push(part);

if (missing.length > 0) {
  const packages = missing.flatMap(part => part.packages);
  if (!(await which('apt-get', { nothrow: true }))) {
    console.error(
      `No apt-get here. Install by hand what enables: ${missing.map(p => p.enables).join('; ')}.`,
    );
    process.exit(1);
  }
  const sudo = process.getuid?.() === 0 ? [] : ['sudo'];
  const quiet = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  await $(quiet)`${sudo} apt-get update -qq`;
  await $(quiet)`${sudo} apt-get install -y -qq --no-install-recommends ${packages}`;
}

// Accessibility rules, for the tests alone; its licence (MPL-2.0) keeps it out of package.json.
await $`npm install --prefix node_modules/.cache/axe --no-save --no-package-lock --ignore-scripts --silent axe-core@4.14.1`;

// COCO's own evaluation, which ours is compared with, for the Python that has PyTorch and numpy.
const python =
  (await $({ nothrow: true, quiet: true })`python3 -c ${'import torch'}`).exitCode === 0
    ? 'python3'
    : '/usr/bin/python3';
await $`${process.env.RESIDUALS_PYTHON ?? python} -m pip install --quiet --target node_modules/.cache/pycocotools --no-deps --upgrade pycocotools==2.0.11`;

// Where TensorFlow cannot be had, the tests run on WASM.
const native = await $({ nothrow: true })`npm run setup -- tfjs-node`;
if (native.exitCode !== 0) await $`npm run setup -- tfjs`;
