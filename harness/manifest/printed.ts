/** What a number says as it is printed: `6.43 (6.61±0.16)`, `11.3×10^9`, `8.43†`. */
export interface Printed {
  value: number;
  /** Decimals of the first number. */
  decimals: number;
  mean?: number;
  sd?: number;
}

/** Reads a printed number; null when it begins with none. */
export function readPrinted(printed: string): Printed | null {
  const found = number.exec(printed);
  if (!found) return null;
  const [all, sign, digits, decimals = '', exponent, word] = found;
  const power = Number(exponent ?? (word ? powers[word as keyof typeof powers] : 0));
  const scaled = (plain: string) => Number(`${plain.replaceAll(',', '')}e${power}`);
  const value = scaled(`${sign ? '-' : ''}${digits}`);
  const spread = /^\s*(?:\(\s*([\d.]+)\s*)?±\s*([\d.]+)/.exec(printed.slice(all.length));
  return {
    value,
    decimals: decimals.length,
    ...(spread && { mean: spread[1] === undefined ? value : scaled(spread[1]), sd: scaled(spread[2]!) }),
  };
}

const powers = { thousand: 3, million: 6, billion: 9 };

const number = /^[<>~≈]?\s*([-−])?(\d[\d,]*(?:\.(\d+))?)(?:\s*×\s*10\^(\d+)|\s(thousand|million|billion)\b)?/;
