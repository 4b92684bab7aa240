/** The frame around every page for somebody who is signed in: skip link, header, navigation, main. */
import { Drawer } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Outlet } from '@tanstack/react-router'
import { Suspense, useState } from 'react'
import type { ReactElement } from 'react'

import { FinishedWork } from '../exercise/finished-work.tsx'
import { useRead } from '../query.ts'
import { Loaded } from '../ui/loaded.tsx'
import { TimeTip } from '../ui/time-ago.tsx'
import { Header } from './header.tsx'
import { Keys } from './keys.tsx'
import type { Shown } from './keys.tsx'
import { Navigation } from './navigation.tsx'

import classes from './shell.module.css'

export function Shell(): ReactElement {
  const me = useRead('whoAmI')
  const [menuOpen, menu] = useDisclosure(false)
  const [shown, show] = useState<Shown>()
  return (
    <div className={classes['shell']}>
      <a href="#main" className={classes['skip']}>
        Skip to the content
      </a>
      <Header openMenu={menu.open} openPalette={() => show('palette')} />
      <div className={classes['side']}>
        <Navigation />
      </div>
      <Drawer opened={menuOpen} onClose={menu.close} size={260} title="Menu">
        <Navigation onGo={menu.close} />
      </Drawer>
      <Keys shown={shown} show={show} />
      <TimeTip />
      <FinishedWork />
      <main id="main" tabIndex={-1} className={classes['main']}>
        <Loaded read={me}>
          {() => (
            <Suspense fallback={null}>
              <Outlet />
            </Suspense>
          )}
        </Loaded>
      </main>
    </div>
  )
}
