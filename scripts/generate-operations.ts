/** `npm run operations`: the files for operators that follow from the source. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { dashboardText } from './operations/dashboard.ts'
import { settingsText } from './operations/settings.ts'

const root = path.resolve(import.meta.dirname, '..')
const FILES = {
  'docs/operations/settings.md': settingsText(),
  'deploy/grafana/dashboards/flagmarshal.json': dashboardText(),
}
for (const [name, text] of Object.entries(FILES)) {
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
  writeFileSync(path.join(root, name), text)
}
spawnSync('oxfmt', Object.keys(FILES), { cwd: root, stdio: 'inherit' })
