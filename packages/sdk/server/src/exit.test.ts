import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { describe, expect, it } from 'vitest'

import { booleanFlag, startFlagServer } from '../../../../tests/support/flag-server.ts'
import { SDK_NAME, SDK_VERSION } from './version.ts'

const run = promisify(execFile)

/** Runs a program that connects, prints, and must then exit by itself. */
async function runProgram(url: string, end: string): Promise<string> {
  const program = `
    import { createFlagmarshal } from '${join(import.meta.dirname, 'index.ts')}'
    const connection = createFlagmarshal({
      url: '${url}', key: 'fm_server_test', environment: 'production',
      application: 'program', layers: ['backend'], initTimeoutMs: 500,
    })
    console.log(await connection.ready(), connection.evaluate('plain', 'boolean', {}).value)
    ${end}`
  const parameters = ['--input-type=module-typescript', '--eval', program]
  const { stdout } = await run(process.execPath, parameters, { timeout: 15_000, cwd: import.meta.dirname })
  return stdout.trim()
}

describe('a process', () => {
  it('exits by itself once it has closed its connection', async () => {
    await using server = await startFlagServer([booleanFlag('plain')])
    expect(await runProgram(server.url, 'await connection.close()')).toBe('ready true')
    expect(server.telemetry).toHaveLength(1)
  }, 20_000)

  it('waits for `ready()` where there is no server, and exits after closing', async () => {
    const server = await startFlagServer([])
    await server.stop()
    expect(await runProgram(server.url, 'await connection.close()')).toBe('not-ready undefined')
  }, 20_000)

  it('names the SDK as package.json does', () => {
    const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'))
    expect({ name: SDK_NAME, version: SDK_VERSION }).toEqual({
      name: manifest.name,
      version: manifest.version,
    })
  })
})
