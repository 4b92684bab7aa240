/**
 * The demonstration, played on this server: a shop, its shoppers and its people are programs, so a
 * command starts them. The page notices by itself when they are there.
 */
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useLive } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { Link } from '../ui/link.tsx'
import { Status } from '../ui/status.tsx'

/** The project that the demonstration makes. */
const PROJECT = 'kitchen-drawer'

export function LoadDemo(): ReactElement {
  const projects = useLive('listProjects')
  const demo = projects.data?.items.find((it) => it.key === PROJECT)
  return (
    <>
      <CopyCommand command={`npm run demo -- --keep --into ${location.origin}`} />
      <p className="fm-dim">
        In the folder of this repository, on the machine of the server; elsewhere with an administrator’s
        token in <code>FLAGMARSHAL_TOKEN</code>. Without <code>--into</code> it uses a server of its own,
        which it throws away.
      </p>
      <div role="status">
        {demo === undefined ? (
          <Status of="observing" word="Waiting for the demonstration" />
        ) : (
          <>
            <Status of="connected" word="It is here" />{' '}
            <Link to={paths.features(demo.key)}>Watch {demo.name}</Link>
          </>
        )}
      </div>
    </>
  )
}
