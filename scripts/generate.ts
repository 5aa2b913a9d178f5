import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { format, resolveConfig } from 'prettier'
import { configurationPage, configSchemaJson } from './generate-configuration.ts'
import { eventsPage } from './generate-events.ts'
import { openapiYaml } from './generate-openapi.ts'
import { problemsPage } from './generate-problems.ts'

/**
 * Writes what can be derived from the code: openapi.yaml, the config file's schema and the pages in docs/ that would
 * otherwise say the same thing twice. `--check` only says which of them are stale, and fails when one is.
 */
const files: Record<string, () => Promise<string> | string> = {
  'openapi.yaml': openapiYaml,
  'deskbridge.schema.json': configSchemaJson,
  'docs/configuration.md': configurationPage,
  'docs/problems.md': problemsPage,
  'docs/events.md': eventsPage,
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { check: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help === true) {
    console.log(
      `node scripts/generate.ts [--check]\n\nWrites ${Object.keys(files).join(', ')} from the code.`,
    )
    return
  }
  const stale: string[] = []
  for (const [file, generate] of Object.entries(files)) {
    const path = new URL(`../${file}`, import.meta.url)
    const style = await resolveConfig(path)
    const text = await format(await generate(), { ...style, filepath: file })
    const was = await readFile(path, 'utf8').catch(() => '')
    if (was === text) continue
    stale.push(file)
    if (values.check !== true) await writeFile(path, text)
  }
  if (values.check === true && stale.length > 0) {
    console.error(`Stale: ${stale.join(', ')}. Run: npm run generate`)
    process.exit(1)
  }
  console.log(stale.length === 0 ? 'Generated files are fresh.' : `Written: ${stale.join(', ')}`)
}

await main()
