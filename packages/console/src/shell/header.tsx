/** The bar at the top: menu on a phone, project, theme, who is signed in. */
import {
  ActionIcon,
  Menu,
  Select,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core'
import { useRouter } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { useMe, useSignOut } from '../access/session.ts'
import { paths } from '../paths.ts'
import { useRead } from '../query.ts'
import { Icon } from '../ui/icons.tsx'
import { Link } from '../ui/link.tsx'
import { Mark } from './mark.tsx'
import { useProject } from './project.ts'

import classes from './shell.module.css'

interface HeaderProps {
  readonly openMenu: () => void
  readonly openPalette: () => void
}

export function Header({ openMenu, openPalette }: HeaderProps): ReactElement {
  return (
    <header className={classes['header']}>
      <ActionIcon
        variant="subtle"
        color="gray"
        className={classes['menuButton'] ?? ''}
        aria-label="Open the menu"
        onClick={openMenu}
      >
        <Icon name="menu" />
      </ActionIcon>
      <Link to={paths.home()} className={classes['brand'] ?? ''} aria-label="Flagmarshal, home">
        <Mark />
        <span className={classes['brandName']}>Flagmarshal</span>
      </Link>
      <ProjectSwitch />
      <div className={classes['spring']} />
      <UnstyledButton className={classes['find'] ?? ''} onClick={openPalette}>
        <Icon name="find" />
        <span className={classes['findWords']}>Go to…</span>
        <kbd aria-hidden="true" className={classes['findKey']}>
          Ctrl K
        </kbd>
      </UnstyledButton>
      <ThemeSwitch />
      <Person />
    </header>
  )
}

function ProjectSwitch(): ReactElement | null {
  const router = useRouter()
  const projects = useRead('listProjects').data?.items ?? []
  const project = useProject()
  if (project === undefined) return null
  return (
    <Select
      aria-label="Project"
      size="xs"
      className={classes['project'] ?? ''}
      data={projects.map((it) => ({ value: it.key, label: it.name }))}
      value={project}
      onChange={(key) => {
        if (key !== null) router.history.push(paths.features(key))
      }}
    />
  )
}

function ThemeSwitch(): ReactElement {
  const { setColorScheme } = useMantineColorScheme()
  const dark = useComputedColorScheme('light') === 'dark'
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={dark ? 'Use the light theme' : 'Use the dark theme'}
      onClick={() => setColorScheme(dark ? 'light' : 'dark')}
    >
      <Icon name={dark ? 'sun' : 'moon'} />
    </ActionIcon>
  )
}

function Person(): ReactElement {
  const me = useMe()
  const router = useRouter()
  const signOut = useSignOut()
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <UnstyledButton className={classes['person'] ?? ''} aria-label={`Account of ${me?.name ?? '…'}`}>
          <Icon name="person" />
          <span className={classes['personName']}>{me?.name ?? '…'}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{me?.roles.join(', ')}</Menu.Label>
        <Menu.Item onClick={() => router.history.push(paths.account())}>Account and password</Menu.Item>
        <Menu.Item onClick={() => void signOut()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
