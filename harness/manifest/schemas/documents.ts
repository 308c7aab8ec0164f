import { taskIds, taskOf } from '../../tasks/registry.ts';
import { settablePaths } from '../../tasks/schema.ts';
import { schemaFiles } from '../source.ts';
import { type Files, schemas } from './index.ts';
import { withNames } from './released.ts';

/**
 * The schemas for editors, by the file that holds each. What was found valid is remembered by them, so a schema that is
 * changed without them is noticed by a test alone.
 */
export function schemaDocuments(): Map<string, string> {
  const kinds = Object.keys(schemas) as (keyof Files)[];
  return new Map(
    kinds.flatMap(kind => schemaFiles(kind).map((file, i) => [file, documentOf(kind, i)] as const)),
  );
}

/** `i`: of the task, for a protocol. What can be set in a spec is written once, under its dotted path. */
function documentOf(kind: keyof Files, i: number): string {
  const task = taskIds[i]!;
  const settings =
    kind === 'protocol' ? settablePaths(withNames(taskOf(task).schemas.train)) : new Map<string, object>();
  const names = new Map([...settings].map(([name, schema]) => [schema as object, name]));
  const document = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...schemas[kind]({ task }),
    // A copy is not its own name.
    definitions: Object.fromEntries([...settings].map(([name, schema]) => [name, { ...schema }])),
  };
  const referring = (_: string, value: unknown) => {
    const name = names.get(value as object);
    return name === undefined ? value : { $ref: `#/definitions/${name}` };
  };
  return `${JSON.stringify(document, referring, 2)}\n`;
}
