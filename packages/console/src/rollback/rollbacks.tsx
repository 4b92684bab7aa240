/** The rollbacks of a project. */
import { useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { Page } from '../ui/page.tsx'
import { RollbackList } from './rollback-list.tsx'

export function Rollbacks(): ReactElement {
  const { project = '' } = useParams({ strict: false })
  return (
    <Page title="Rollbacks" crumbs={project}>
      <RollbackList project={project} />
    </Page>
  )
}
