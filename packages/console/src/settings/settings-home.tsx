/** What can be settled, and where. */
import type { ReactElement } from 'react'

import { useProject } from '../shell/project.ts'
import { Link } from '../ui/link.tsx'
import { Card } from '../ui/page.tsx'
import { INSTALLATION, projectSections } from './sections.ts'
import type { Section } from './sections.ts'
import { SettingsPage } from './settings-page.tsx'

import classes from './settings.module.css'

export function SettingsHome(): ReactElement {
  const project = useProject()
  return (
    <SettingsPage title="Settings">
      {project === undefined ? null : (
        <Card title={`Of the project ${project}`}>
          <Links of={projectSections(project)} />
        </Card>
      )}
      <Card title="Of the whole installation">
        <Links of={INSTALLATION} />
      </Card>
    </SettingsPage>
  )
}

function Links({ of }: { readonly of: readonly Section[] }): ReactElement {
  return (
    <ul className={classes['links']}>
      {of.map((it) => (
        <li key={it.to}>
          <Link to={it.to}>{it.word}</Link>
          <p>{it.says}</p>
        </li>
      ))}
    </ul>
  )
}
