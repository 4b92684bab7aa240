import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createNewestFile } from './newest-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-newest-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('the file of what is newest', () => {
  it('holds the last of many, written once for all that came together, for its owner alone', async () => {
    const at = path.join(folder, 'file')
    const written: number[] = []
    const failures: unknown[] = []
    const newest = createNewestFile<number>(
      at,
      (it) => {
        written.push(it)
        return String(it)
      },
      (error) => failures.push(error),
    )
    for (let n = 1; n <= 100; n++) newest.write(n)
    await newest.close()
    expect([await readFile(at, 'utf8'), written]).toEqual(['100', [100]])
    expect((await stat(at)).mode & 0o777).toBe(0o600)
    newest.write(101)
    await newest.close()
    expect(await readFile(at, 'utf8')).toBe('101')
    expect(await readdir(folder)).toEqual(['file'])
    expect(failures).toEqual([])
  })

  it('says why it cannot be written, and is written when it can', async () => {
    const missing = path.join(folder, 'missing')
    const failures: unknown[] = []
    const newest = createNewestFile<string>(
      path.join(missing, 'file'),
      (it) => it,
      (error) => failures.push(error),
    )
    newest.write('a')
    await newest.close()
    expect(failures).toHaveLength(1)
    await mkdir(missing)
    newest.write('b')
    await newest.close()
    expect(await readFile(path.join(missing, 'file'), 'utf8')).toBe('b')
  })
})
