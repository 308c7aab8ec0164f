import { UserError } from '../../errors.ts';
import { quoted } from '../../text.ts';

/** Keys and indices from the top of a document down to a value. */
export type Path = readonly (string | number)[];

/** Line and column in a file, from 1. */
export interface Place {
  line: number;
  column: number;
}

/** A parsed text that knows where its values are. */
export interface ParsedText {
  data: unknown;
  /** The place of the key or item at `path`, or of the nearest thing above it that exists. */
  locate(path: Path): Place;
}

/** Levels of lists and objects inside each other; no file of an experiment needs half as many. */
export const deepest = 64;

/** What problems are found in: a file that tells where its values are. */
interface Located {
  file: string;
  locate(path: Path): Promise<Place>;
}

/** Mistakes found in the files of an experiment; all are shown at once. */
export class Problems {
  readonly #found = new Map<string, () => Promise<string>>();
  readonly #check: string;

  /** `check`: the command that checks the files again. */
  constructor(check: string) {
    this.#check = check;
  }

  /** `message`: what is wrong and what was expected, without the place. */
  add(source: Located, path: Path, message: string): void {
    const key = JSON.stringify([source.file, path, message]);
    this.#found.set(key, () => described(source, path, message));
  }

  /** Takes over what a `UserError` says; any other error is thrown. */
  addError(error: unknown): void {
    if (!(error instanceof UserError)) throw error;
    for (const line of error.message.split('\n')) this.#found.set(line, async () => line);
  }

  /** What is read; null when it cannot be, which is then one of the problems. */
  gather<T>(reading: Promise<T>): Promise<T | null> {
    return reading.catch((error: unknown) => {
      this.addError(error);
      return null;
    });
  }

  /** As `throwIfAny`, with what an error says. */
  async throwWith(error: unknown): Promise<never> {
    this.addError(error);
    await this.throwIfAny();
    throw error;
  }

  /** Throws one `UserError` with a line `file:line:column  path: message` for each mistake (the first ten). */
  async throwIfAny(): Promise<void> {
    if (this.#found.size === 0) return;
    const first = [...this.#found.values()].slice(0, shown);
    const lines = [...new Set(await Promise.all(first.map(describe => describe())))];
    const rest = this.#found.size - shown;
    if (rest > 0) lines.push(`and ${rest} more`);
    throw new UserError(lines.join('\n'), { fix: `correct these lines, then: ${this.#check}` });
  }
}

/** A path as people write it: `panels[1].curves[0].network`. */
function showPath(path: Path): string {
  const steps = path.map(step => {
    if (typeof step === 'number') return `[${step}]`;
    return /^[\p{L}_][\p{L}\w-]*$/u.test(step) ? `.${step}` : `[${quoted(step)}]`;
  });
  return steps.join('').replace(/^\./, '');
}

/** The error for a text that is not of its format. */
export function malformed(file: string, format: 'YAML' | 'JSON', at: Place, message: string): UserError {
  return new UserError(`${file}:${at.line}:${at.column}  not valid ${format}: ${message}`);
}

const shown = 10;

async function described(source: Located, path: Path, message: string): Promise<string> {
  const { line, column } = await source.locate(path);
  const where = path.length > 0 ? `${showPath(path)}: ` : '';
  return `${source.file}:${line}:${column}  ${where}${message}`;
}
