// Writes the schemas of the files under experiments/ for editors: node --import ./loader/register.mjs scripts/schemas.ts
import { writeFileSync } from 'node:fs';
import { schemaDocuments } from '../harness/manifest/schemas/documents.ts';

for (const [file, text] of schemaDocuments()) {
  writeFileSync(file, text);
  console.log(file);
}
