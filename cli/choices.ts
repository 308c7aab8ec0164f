import type { Backend } from '../backends/contract.ts';
import { UserError } from '../harness/errors.ts';
import { didYouMean } from '../harness/nearest.ts';
import { quoted } from '../harness/text.ts';

/** Refuses a device or a variant that a backend does not have. */
export function expectChoices(
  { id, capabilities }: Pick<Backend, 'id' | 'capabilities'>,
  { device, variant }: { device?: string | undefined; variant?: string | undefined },
): void {
  const asked = [
    ['device', device, capabilities.devices],
    ['variant', variant, capabilities.variants],
  ] as const;
  for (const [option, value, known] of asked) {
    if (value === undefined || known.includes(value)) continue;
    const message = `--${option} is ${quoted(value)}; ${id} has ${known.join(' and ')}.`;
    throw new UserError(`${message} ${didYouMean(value, known)}`.trim(), { fix: `--${option} ${known[0]}` });
  }
}
