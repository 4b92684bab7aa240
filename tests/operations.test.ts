/** The files for operators that follow from the source are current and well-formed. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { SETTINGS } from '@flagmarshal/api/settings'
import { describe, expect, test } from 'vitest'

import { dashboardText } from '../scripts/operations/dashboard.ts'
import { settingsText } from '../scripts/operations/settings.ts'

const root = path.resolve(import.meta.dirname, '..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

/** What the formatter changes: widths of tables and where lines break. */
const plain = (text: string) => text.replaceAll(/[\s-]+/g, ' ').replaceAll(/\\(?=[_*])/g, '')

describe('docs/operations', () => {
  test('settings.md is current (npm run operations), and has every setting with its meaning', () => {
    const text = read('docs/operations/settings.md')
    expect(plain(text)).toBe(plain(settingsText()))
    for (const name of Object.keys(SETTINGS)) expect(text).toContain(`\`${name}\``)
  })

  test('every link of the documents leads somewhere', () => {
    const files = globSync(['docs/operations/*.md', 'docs/security/*.md', 'SECURITY.md'], { cwd: root })
    expect(files.length).toBeGreaterThan(1)
    const broken = files.flatMap((file) =>
      [...read(file).matchAll(/\]\((?!https?:)([^)#\s]+)?(#[^)\s]+)?\)/g)].flatMap(
        ([, to = '', anchor = '']) => {
          const target = to === '' ? file : path.join(path.dirname(file), to)
          if (!existsSync(path.join(root, target))) return [`${file}: ${to}`]
          return anchor === '' || headings(target).includes(anchor) ? [] : [`${file}: ${to}${anchor}`]
        },
      ),
    )
    expect(broken).toEqual([])
  })
})

/** Anchors as GitHub makes them. */
function headings(file: string): string[] {
  return [...read(file).matchAll(/^#+ (.+)$/gm)].map(
    ([, title = '']) =>
      `#${title
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-')}`,
  )
}

describe('the dashboard of the product', () => {
  const panels: readonly Panel[] = JSON.parse(dashboardText()).panels

  test('the file is current (npm run operations)', () => {
    const file: unknown = JSON.parse(read('deploy/grafana/dashboards/flagmarshal.json'))
    expect(file).toEqual(JSON.parse(dashboardText()))
  })

  test('each panel has a number and a place of its own, and a source that the person who imports it chooses', () => {
    expect(new Set(panels.map((it) => it.id)).size).toBe(panels.length)
    const places = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}/${y + Math.floor(cell / w)}`),
    )
    expect(new Set(places).size).toBe(places.length)
    for (const { type, gridPos, targets = [] } of panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
      expect(targets.length > 0).toBe(type !== 'row')
      for (const it of targets) expect(it.datasource).toEqual({ type: 'prometheus', uid: '${datasource}' })
    }
  })
})

interface Panel {
  readonly id: number
  readonly type: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly datasource: unknown }[]
}
