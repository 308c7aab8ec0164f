import type { Layer } from '../../ml/nets/describe.ts';

/** One colour for each stage, conv1 to conv5, as the paper colours Figure 3. */
const stageColours = ['#fbe0cb', '#ded3ec', '#d8e8c6', '#f6cbcb', '#c9e2f3'];

const otherColour = '#f4f4f4';

/** The fill of a layer's box. */
export function colourOf({ stage }: Layer): string {
  const number = stage.match(/^conv(\d+)/)?.[1];
  return (number && stageColours[Number(number) - 1]) || otherColour;
}

/** A layer in the words of Figure 3: `3x3 conv, 128, /2`. */
export function layerText({ kind, kernel, filters, stride }: Layer): string {
  const strides = stride > 1 ? `, /${stride}` : '';
  switch (kind) {
    case 'convolution':
      return `${kernel}x${kernel} conv, ${filters}${strides}`;
    case 'maxPool':
      return `pool${strides}`;
    case 'averagePool':
      return 'avg pool';
    case 'dense':
      return `fc ${filters}`;
  }
}
