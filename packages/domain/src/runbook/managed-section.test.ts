/**
 * Managed sections: ours between the markers, everything else as it was, byte for byte.
 */
import { assert, constantFrom, array, property, string, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { putSection, sectionIn } from './managed-section.ts'

const BEGIN = '<!-- flagmarshal:begin shop/rollback -->'
const END = '<!-- flagmarshal:end shop/rollback -->'
const section = { id: 'shop/rollback', body: '## Rollback\n\nTurn it off.\n' }

function put(file: string, body = section.body): string {
  const result = putSection(file, { ...section, body })
  if (typeof result !== 'string') throw new Error(result.fault)
  return result
}

/** Any bytes, with many line ends of both kinds, and no marker. */
const bytes = array(
  constantFrom('a', '\n', '\r\n', '\r', ' ', '#', '<', '!--', '-->', '\u00ff', '\u0000', 'flagmarshal'),
  { maxLength: 60 },
).map((it) => it.join(''))
const bodies = array(constantFrom('x', '\n', 'é', ' | ', '```', '<b>'), { maxLength: 30 }).map(
  (it) => `${it.join('')}\n`,
)

describe('P-S6-3 managed sections', () => {
  it('P-S6-3 leave every byte outside of them as it was, whatever the file is', () => {
    assert(
      property(tuple(bytes, bytes, bodies, bodies), ([before, after, first, second]) => {
        const file = `${before}\n${BEGIN}\nold\n${END}\n${after}`
        for (const body of [first, second]) {
          const result = put(file, body)
          expect(result.startsWith(`${before}\n${BEGIN}\n`)).toBe(true)
          expect(result.endsWith(`${END}\n${after}`)).toBe(true)
          expect(put(put(file, body), body)).toBe(result)
        }
      }),
      { seed: 63, numRuns: 300 },
    )
  })

  it('are added at the end of a file that has none, which stays as it was', () => {
    assert(
      property(tuple(bytes, bodies), ([file, body]) => {
        const result = put(file, body)
        expect(result.startsWith(file)).toBe(true)
        expect(sectionIn(result, section.id)).toBe(body)
        expect(put(result, body)).toBe(result)
      }),
      { seed: 64, numRuns: 300 },
    )
  })

  it('end their lines as the file does', () => {
    const result = put(`# Runbook\r\n\r\n${BEGIN}\r\n${END}\r\nOurs.\r\n`)
    expect(result).toBe(`# Runbook\r\n\r\n${BEGIN}\r\n## Rollback\r\n\r\nTurn it off.\r\n${END}\r\nOurs.\r\n`)
    expect(put(result)).toBe(result)
  })

  it('stand beside those of other features, and may be indented and commented', () => {
    const other =
      '<!-- flagmarshal:begin other/rollback (do not edit) -->\nx\n<!-- flagmarshal:end other/rollback -->\n'
    const file = `${other}\n  <!-- flagmarshal:begin shop/rollback (managed) -->\nold\n${END}\n`
    const result = put(file)
    expect(result.startsWith(other)).toBe(true)
    expect(result).toContain('(managed) -->\n## Rollback\n')
    expect(result).not.toContain('old')
  })

  it.each([
    ['without an end', `${BEGIN}\nold\n`],
    ['without a begin', `old\n${END}\n`],
    ['the wrong way round', `${END}\n${BEGIN}\n`],
    ['twice', `${BEGIN}\n${END}\n${BEGIN}\n${END}\n`],
    [
      'around another one',
      `${BEGIN}\n<!-- flagmarshal:begin other -->\n<!-- flagmarshal:end other -->\n${END}\n`,
    ],
  ])('are refused where the markers stand %s', (_, file) => {
    expect(putSection(file, section)).toMatchObject({ fault: expect.any(String) })
  })

  it('are refused in a file of UTF-16', () => {
    expect(putSection('\xff\xfea\0', section)).toMatchObject({ fault: expect.stringContaining('UTF-16') })
  })

  it('never hold a marker themselves', () => {
    expect(() => putSection('', { ...section, body: `${END}\n` })).toThrow(RangeError)
    assert(
      property(string(), (text) => {
        const fake = `x ${END} ${text.replaceAll(/[\r\n]/g, '')}\n`
        expect(sectionIn(put('', fake), section.id)).toBe(fake)
      }),
      { seed: 65, numRuns: 50 },
    )
  })
})
