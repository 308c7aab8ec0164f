import { schemaProblems } from '../../schema.ts';
import { withDefaults } from '../../tasks/schema.ts';
import { type Files, schemas } from '../schemas/index.ts';
import { checkDuplicates, parseJson } from './json.ts';
import { lineProblems } from './lines.ts';
import { type ParsedText, type Path, Problems } from './problems.ts';

/** Parses the text of a file by the ending of its name. Malformed text is a `UserError`. */
export async function parse(text: string, file: string): Promise<ParsedText> {
  if (file.endsWith('.json')) return parseJson(text, file);
  const { parseYaml } = await import('./yaml.ts');
  return parseYaml(text, file);
}

/**
 * Checks a file against the schema of its kind, and fills in its defaults. Mistakes are a `UserError` with their places.
 * `strict`: JSON is looked through for what `JSON.parse` lets pass. `check`: the command that checks it again.
 */
export async function checkedData<K extends keyof Files>(
  text: string,
  kind: K,
  { file, strict, check }: { file: string; strict: boolean; check: string },
): Promise<Files[K]> {
  const problems = new Problems(check);
  const { data, locate } = await parsed(text, file, strict).catch(error => problems.throwWith(error));
  const schema = schemas[kind](data);
  const source = { file, locate: async (path: Path) => locate(path) };
  const lines = lineProblems(data);
  // What is nested without end cannot even be shown.
  for (const { path, message } of lines.length > 0 ? lines : schemaProblems(schema, data))
    problems.add(source, path, message);
  await problems.throwIfAny();
  return withDefaults(schema, data) as Files[K];
}

async function parsed(text: string, file: string, strict: boolean): Promise<ParsedText> {
  if (strict && file.endsWith('.json')) checkDuplicates(text, file);
  return parse(text, file);
}
