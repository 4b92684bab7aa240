import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createOverrides } from './overrides.ts'
import type { Overrides } from './overrides.ts'

const logged: string[] = []
const log = (text: string): void => void logged.push(text)
const logger = { error: log, warn: log, info() {}, debug() {} }
const open: Overrides[] = []
let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-overrides-'))
  file = path.join(folder, 'overrides.json')
  logged.length = 0
})
afterEach(async () => {
  for (const it of open.splice(0)) it.close()
  await rm(folder, { recursive: true, force: true })
})

function overrides(text?: string, changed: (flags: readonly string[]) => void = () => undefined): Overrides {
  const made = createOverrides({ text, file, logger }, changed)
  open.push(made)
  return made
}

describe('overrides', () => {
  it('give the value that was set by hand, of whatever type, and say so', () => {
    const made = overrides('new-checkout=false, limit=5,greeting=Good day, theme={"dark":true}')
    expect(made.answer('new-checkout', 'boolean')).toEqual({
      value: false,
      variant: 'override',
      reason: 'STATIC',
    })
    expect(made.answer('limit', 'number')).toMatchObject({ value: 5 })
    expect(made.answer('greeting', 'string')).toMatchObject({ value: 'Good day' })
    expect(made.answer('other', 'boolean')).toBeUndefined()
    expect(made.answer('limit', 'boolean')).toMatchObject({ errorCode: 'TYPE_MISMATCH' })
    expect(logged.join('\n')).toContain('flag new-checkout is overridden here: false')
  })

  it('follow the file, which the variable wins over', async () => {
    const changes: (readonly string[])[] = []
    const made = overrides('fixed=true', (flags) => void changes.push(flags))
    expect(made.answer('new-checkout', 'boolean')).toBeUndefined()
    await writeFile(file, JSON.stringify({ 'new-checkout': false, fixed: false }))
    await expect
      .poll(() => made.answer('new-checkout', 'boolean'), { timeout: 10_000 })
      .toMatchObject({ value: false })
    expect(made.answer('fixed', 'boolean')).toMatchObject({ value: true })
    await rm(file)
    await expect.poll(() => made.answer('new-checkout', 'boolean'), { timeout: 10_000 }).toBeUndefined()
    expect(changes).toEqual([['new-checkout'], ['new-checkout']])
  })

  it.each(['{', '[]', '"x"', 'null'])('a file with %s overrides nothing, and is said to', async (text) => {
    await writeFile(file, text)
    expect(overrides().answer('new-checkout', 'boolean')).toBeUndefined()
    expect(logged.join('\n')).toContain('are not used')
  })

  it.each(['', ',', '=', 'x', '=true', ' , , '])('the text %j overrides nothing', (text) => {
    expect(overrides(text).answer('x', 'boolean')).toBeUndefined()
  })
})
