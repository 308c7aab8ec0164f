/** Sizes of a network that is timed: a CIFAR ResNet with 6n + 2 layers. */
export interface Workload {
  name: string;
  widths: string;
  n: number;
  size: number;
  batch: number;
  evaluationBatch: number;
}

const resnet20 = { n: 3, batch: 128, evaluationBatch: 250 };

/** Networks that can be timed. */
export const workloads: Readonly<Record<string, Workload>> = {
  'resnet20-paper': { ...resnet20, name: 'ResNet-20, 32x32, 16/32/64', widths: '16,32,64', size: 32 },
  'resnet20-mini': { ...resnet20, name: 'ResNet-20, 16x16, 8/16/32', widths: '8,16,32', size: 16 },
};
