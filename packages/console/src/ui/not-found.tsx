/** There is no page at this address. */
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { EmptyState } from './empty-state.tsx'
import { Link } from './link.tsx'

export function NotFound(): ReactElement {
  return (
    <main>
      <EmptyState title="There is no page at this address" action={<Link to={paths.home()}>Go home</Link>}>
        It may have been written wrongly, or belong to another version.
      </EmptyState>
    </main>
  )
}
