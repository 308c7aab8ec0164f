import type { Backend } from '../backends/contract.ts';
import { UserError } from '../harness/errors.ts';
import { didYouMean } from '../harness/nearest.ts';
import { quoted } from '../harness/text.ts';

/** Refuses a device or a variant that a backend does not have. */
export function expectChoices(
  name: string,
  { capabilities: { devices, variants, variantsOn } }: Pick<Backend, 'capabilities'>,
  { device, variant }: { device?: string | undefined; variant?: string | undefined },
): void {
  const asked = [
    ['device', device, devices, ''],
    ['variant', variant, variants, ''],
    ['variant', variant, variantsOn?.[device ?? devices[0]!] ?? variants, ` on ${device ?? devices[0]}`],
  ] as const;
  for (const [option, value, known, where] of asked) {
    if (value === undefined || known.includes(value)) continue;
    const message = `--${option} is ${quoted(value)}; ${name} has ${known.join(' and ')}${where}.`;
    throw new UserError(`${message} ${didYouMean(value, known)}`.trim(), { fix: `--${option} ${known[0]}` });
  }
}
