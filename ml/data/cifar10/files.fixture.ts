import { DataError } from '../../errors.ts';
import { ensureCifar10 } from './sources.ts';

/** The folder with the real data for tests, fetched when need be; null, with the reason printed, when it cannot be had. */
export async function realCifar10(): Promise<string | null> {
  try {
    return (await ensureCifar10()).folder;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    console.warn(`Tests with the real CIFAR-10 are skipped. ${error.message}`);
    return null;
  }
}
