import { DataError } from '../errors.ts';
import { readRegular } from './regular.ts';
import { isAbsent, unreadable } from './system.ts';

/** A picture in memory. */
export interface Picture {
  width: number;
  height: number;
  /** [3, height, width]: red, green, blue. */
  pixels: Uint8Array;
}

/**
 * Decodes a JPEG or PNG picture, its stored pixels: orientation tags are not followed and colour profiles not applied, as in the
 * readers of the time; VOC and COCO annotate stored pixels. Fails with a `DataError` that names the file.
 */
export function readPicture(file: string): Promise<Picture> {
  return decode(file, null).then(({ picture }) => picture);
}

/**
 * Decodes a picture and resizes it, its shape kept, so that its shorter side has `shorter` pixels, or its longer one `longer`
 * where that is less. `scale`: new pixels that one of the file is.
 */
export async function readResized(
  file: string,
  sides: { shorter: number; longer: number },
): Promise<Picture & { scale: number }> {
  const { picture, scale } = await decode(file, sides);
  return { ...picture, scale };
}

async function decode(
  file: string,
  sides: { shorter: number; longer: number } | null,
): Promise<{ picture: Picture; scale: number }> {
  const content = await readRegular(file).catch((error: unknown) => {
    if (error instanceof DataError) throw error;
    throw isAbsent(error, file)
      ? new DataError(`${file} is missing`, official, error)
      : unreadable(file, error);
  });
  // Other formats that the decoder knows are not of these data sets, and SVG could name further files.
  if (!signatures.some(signature => content.subarray(0, signature.length).equals(signature)))
    throw new DataError(`${file} is neither JPEG nor PNG`, official);
  const { default: sharp } = await import('sharp');
  try {
    const input = sharp(content, { failOn: 'error', limitInputPixels: mostPixels, ignoreIcc: true });
    const image = input.removeAlpha().toColourspace('srgb').raw();
    const whole = await image.toBuffer({ resolveWithObject: true });
    const { width: from, height: high } = whole.info;
    const scale = sides
      ? Math.min(sides.shorter / Math.min(from, high), sides.longer / Math.max(from, high))
      : 1;
    const [width, height] = [from, high].map(side => Math.max(1, Math.round(side * scale)));
    // From the decoded pixels: a JPEG that is decoded smaller, as sharp does by itself, is another picture.
    const { data, info } = sides
      ? await sharp(whole.data, { raw: whole.info })
          .resize(width, height, { fit: 'fill', kernel: 'linear' })
          .raw()
          .toBuffer({ resolveWithObject: true })
      : whole;
    return { picture: planar(data, info), scale };
  } catch (error) {
    throw new DataError(
      `${file} cannot be decoded: ${(error as Error).message.split('\n')[0]}`,
      official,
      error,
    );
  }
}

/** What JPEG and PNG files begin with. */
const signatures = [Buffer.of(0xff, 0xd8, 0xff), Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')];

/** Pixels of a picture at most: those of VOC and COCO have less than half a million. */
const mostPixels = 2 ** 26;

const official = 'replace the file by the one of the official archive';

function planar(
  data: Uint8Array,
  { width, height, channels }: { width: number; height: number; channels: number },
): Picture {
  const plane = width * height;
  const pixels = new Uint8Array(3 * plane);
  for (let i = 0; i < plane; i++)
    // A grey picture has one channel, which is all three.
    for (let channel = 0; channel < 3; channel++)
      pixels[channel * plane + i] = data[i * channels + Math.min(channel, channels - 1)]!;
  return { width, height, pixels };
}
