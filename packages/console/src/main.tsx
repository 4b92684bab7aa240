/** The console's start: theme, cache, router. */
import '@mantine/core/styles.css'
import './ui/styles.css'
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { paths } from './paths.ts'
import { createCache } from './query.ts'
import { createConsoleRouter } from './routes.tsx'
import { theme } from './ui/theme.ts'

const nonce = document.querySelector('meta[name="style-nonce"]')?.getAttribute('content') ?? ''
// Where libraries that add a style of their own look for it, and what keeps schemas from being
// compiled from text, which the policy of the page forbids.
Object.assign(globalThis, { __webpack_nonce__: nonce, __zod_globalConfig: { jitless: true } })

const router = createConsoleRouter()
const cache = createCache(() => {
  const { pathname, href } = router.state.location
  if (!['/sign-in', '/sign-in/return', '/set-up', '/invitation'].includes(pathname))
    router.history.push(paths.signIn(href))
})

const element = document.querySelector('#root')
if (element === null) throw new Error('the page has no place for the console')
createRoot(element).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={cache}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
