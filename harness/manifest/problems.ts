import { UserError } from '../errors.ts';
import { type Path, type Source, showPath } from './yaml.ts';

/** Mistakes found in manifest files; all are shown at once. */
export class Problems {
  readonly #found: { source: Source; path: Path; message: string }[] = [];

  /** `message`: what is wrong and what was expected, without the place. */
  add(source: Source, path: Path, message: string): void {
    this.#found.push({ source, path, message });
  }

  /** Throws one `UserError` with a line `file:line:column  path: message` for each mistake (the first ten). */
  async throwIfAny(): Promise<void> {
    if (this.#found.length === 0) return;
    const lines = [...new Set(await Promise.all(this.#found.map(describe)))];
    const rest = lines.length - shown;
    if (rest > 0) lines.splice(shown, rest, `and ${rest} more`);
    throw new UserError(lines.join('\n'), { fix: 'correct these lines, then: npm run validate' });
  }
}

const shown = 10;

async function describe({
  source,
  path,
  message,
}: {
  source: Source;
  path: Path;
  message: string;
}): Promise<string> {
  const { line, column } = await source.locate(path);
  const where = path.length > 0 ? `${showPath(path)}: ` : '';
  return `${source.file}:${line}:${column}  ${where}${message}`;
}
