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

/** Decodes a picture. Fails with a `DataError` that names the file. */
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
  const { default: sharp } = await import('sharp');
  try {
    const image = sharp(content).removeAlpha().toColourspace('srgb');
    const { width: from = 0, height: high = 0 } = await sharp(content).metadata();
    const scale = sides
      ? Math.min(sides.shorter / Math.min(from, high), sides.longer / Math.max(from, high))
      : 1;
    const [width, height] = [from, high].map(side => Math.max(1, Math.round(side * scale)));
    const resized = sides ? image.resize(width, height, { fit: 'fill', kernel: 'linear' }) : image;
    const { data, info } = await resized.raw().toBuffer({ resolveWithObject: true });
    return { picture: planar(data, info), scale };
  } catch (error) {
    throw new DataError(
      `${file} cannot be decoded: ${(error as Error).message.split('\n')[0]}`,
      official,
      error,
    );
  }
}

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
