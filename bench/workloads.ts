import { cifarNetwork, imageNetNetwork, type NetworkSpec } from '../ml/nets/spec.ts';

/** A network and the sizes at which it is timed. */
export interface Workload {
  name: string;
  network: NetworkSpec;
  /** Height and width of its images. */
  size: number;
  batch: number;
  evaluationBatch: number;
  /** What an evaluation batch is. */
  evaluation: string;
}

/** Networks that can be timed. */
export const workloads: Readonly<Record<string, Workload>> = {
  'resnet20-paper': resnet20('ResNet-20, 32x32, 16/32/64', [16, 32, 64], 32),
  'resnet20-mini': resnet20('ResNet-20, 16x16, 8/16/32', [8, 16, 32], 16),
  'resnet50-224': {
    name: 'ResNet-50, 224x224',
    network: imageNetNetwork(50, 'B'),
    size: 224,
    batch: 8,
    evaluationBatch: 10,
    evaluation: 'the 10 crops of an image',
  },
};

function resnet20(name: string, widths: readonly [number, number, number], size: number): Workload {
  return {
    name,
    network: cifarNetwork(3, 'A', widths),
    size,
    batch: 128,
    evaluationBatch: 250,
    evaluation: '250 images',
  };
}
