import type { Kernel } from './kernel.ts';

/** The sum of weights * cross-entropies of targets and logistic outputs, without overflow: max(z, 0) - z t + ln(1 + e^-|z|). */
export const sigmoidCrossEntropy: Kernel<'sigmoidCrossEntropy'> = (
  { logits, targets, weights },
  { loss },
) => {
  let total = 0;
  for (let i = 0; i < logits.data.length; i++) {
    const [z, target] = [logits.data[i]!, targets.data[i]!];
    total += weights.data[i]! * (Math.max(z, 0) - z * target + Math.log1p(Math.exp(-Math.abs(z))));
  }
  loss.data[0] = total;
};

/** weights * (logistic output - target). */
export const sigmoidCrossEntropyGradient: Kernel<'sigmoidCrossEntropyGradient'> = (
  { logits, targets, weights },
  { dlogits },
) => {
  for (let i = 0; i < logits.data.length; i++)
    dlogits.data[i] = weights.data[i]! * (1 / (1 + Math.exp(-logits.data[i]!)) - targets.data[i]!);
};

/** The sum of weights * smooth L1 losses. */
export const smoothL1: Kernel<'smoothL1'> = ({ prediction, targets, weights }, { loss }, { sigma }) => {
  let total = 0;
  for (let i = 0; i < prediction.data.length; i++) {
    const distance = Math.abs(prediction.data[i]! - targets.data[i]!);
    const inside = distance * sigma ** 2 < 1;
    total += weights.data[i]! * (inside ? (sigma * distance) ** 2 / 2 : distance - 0.5 / sigma ** 2);
  }
  loss.data[0] = total;
};

/** weights * the difference in units of 1 / sigma^2, at most 1 away from 0. */
export const smoothL1Gradient: Kernel<'smoothL1Gradient'> = (
  { prediction, targets, weights },
  { dprediction },
  { sigma },
) => {
  for (let i = 0; i < prediction.data.length; i++) {
    const slope = (prediction.data[i]! - targets.data[i]!) * sigma ** 2;
    dprediction.data[i] = weights.data[i]! * Math.max(-1, Math.min(1, slope));
  }
};
