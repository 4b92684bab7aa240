/** There is no page at this address. */
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { Link } from './link.tsx'

export function NotFound(): ReactElement {
  return (
    <main className="fm-alone">
      <h1>There is no page at this address</h1>
      <p>It may have been written wrongly, or belong to another version.</p>
      <Link to={paths.home()}>Go home</Link>
    </main>
  )
}
