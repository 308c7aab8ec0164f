// TensorFlow.js for the addon's sources, which extend a class as ECMAScript 5 does: a class of today cannot be called so.
import { KernelBackend as Class } from '@tensorflow/tfjs-core';

export * from '@tensorflow/tfjs-core';

export function KernelBackend() {}
KernelBackend.prototype = Class.prototype;
