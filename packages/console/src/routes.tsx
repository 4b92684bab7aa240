/**
 * Every page and its address. Pages are loaded when they are first opened; the addresses themselves
 * are made in `paths.ts`.
 */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from '@tanstack/react-router'

import { Shell } from './shell/shell.tsx'
import { NotFound } from './ui/not-found.tsx'

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound })

/** A page without the frame. */
const bare = <const P extends string, T extends Record<string, () => unknown>>(
  path: P,
  load: () => Promise<T>,
  name: keyof T & string,
) => createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load as never, name) })

const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell })

/** A page in the frame, for somebody who is signed in. */
const page = <const P extends string, T extends Record<string, () => unknown>>(
  path: P,
  load: () => Promise<T>,
  name: keyof T & string,
) => createRoute({ getParentRoute: () => shell, path, component: lazyRouteComponent(load as never, name) })

const feature = page(
  '/p/$project/f/$feature',
  () => import('./procedure/feature-layout.tsx'),
  'FeatureLayout',
)

/** A page below a feature: rail and gate stay around it. */
const ofFeature = <const P extends string, T extends Record<string, () => unknown>>(
  path: P,
  load: () => Promise<T>,
  name: keyof T & string,
) => createRoute({ getParentRoute: () => feature, path, component: lazyRouteComponent(load as never, name) })

const tree = root.addChildren([
  bare('/sign-in', () => import('./access/sign-in.tsx'), 'SignIn'),
  bare('/sign-in/return', () => import('./access/sign-in-return.tsx'), 'SignInReturn'),
  bare('/set-up', () => import('./access/set-up.tsx'), 'SetUp'),
  bare('/command-line', () => import('./access/command-line.tsx'), 'CommandLine'),
  bare('/invitation', () => import('./access/invitation.tsx'), 'Invitation'),
  shell.addChildren([
    page('/', () => import('./home/home.tsx'), 'Home'),
    page('/now', () => import('./now/now.tsx'), 'Now'),
    page('/p/$project/start', () => import('./home/get-started.tsx'), 'GetStarted'),
    page('/p/$project/f', () => import('./procedure/features.tsx'), 'Features'),
    feature.addChildren([
      ofFeature('/', () => import('./procedure/overview.tsx'), 'Overview'),
      ofFeature('/inputs', () => import('./procedure/inputs.tsx'), 'Inputs'),
      ofFeature('/work-plan', () => import('./procedure/work-plan.tsx'), 'WorkPlan'),
      ofFeature('/documents', () => import('./document/documents.tsx'), 'Documents'),
      ofFeature('/documents/$document', () => import('./document/document.tsx'), 'DocumentPage'),
      ofFeature('/approval', () => import('./approval/approval.tsx'), 'Approval'),
      ofFeature('/outputs', () => import('./document/outputs.tsx'), 'Outputs'),
      ofFeature('/evidence', () => import('./evidence/evidence-of-run.tsx'), 'EvidenceOfRun'),
      ofFeature('/monitoring-files', () => import('./document/monitoring-files.tsx'), 'MonitoringFiles'),
      ofFeature('/rollback', () => import('./rollback/start-rollback.tsx'), 'StartRollback'),
      ofFeature('/steps/$step', () => import('./procedure/step.tsx'), 'StepPage'),
    ]),
    page('/p/$project/f/$feature/rollout', () => import('./rollout/live.tsx'), 'FeatureRolloutPage'),
    page('/p/$project/rollouts', () => import('./rollout/rollouts.tsx'), 'Rollouts'),
    page('/p/$project/rollouts/calendar', () => import('./rollout/calendar.tsx'), 'RolloutCalendar'),
    page('/p/$project/rollouts/$rollout', () => import('./rollout/live.tsx'), 'RolloutPage'),
    page('/p/$project/flags', () => import('./flag/flags.tsx'), 'Flags'),
    page('/p/$project/flags/$flag', () => import('./flag/flag.tsx'), 'FlagPage'),
    page('/p/$project/flags/$flag/compare', () => import('./flag/compare.tsx'), 'Compare'),
    page('/p/$project/drafts', () => import('./draft/drafts.tsx'), 'Drafts'),
    page('/p/$project/drafts/$draft', () => import('./draft/draft.tsx'), 'DraftPage'),
    page('/p/$project/segments', () => import('./segment/segments.tsx'), 'Segments'),
    page('/p/$project/segments/$segment', () => import('./segment/segment.tsx'), 'SegmentPage'),
    page('/p/$project/evidence/$hash', () => import('./evidence/evidence.tsx'), 'Evidence'),
    page('/p/$project/rollbacks', () => import('./rollback/rollbacks.tsx'), 'Rollbacks'),
    page('/p/$project/rollbacks/$rollback', () => import('./rollback/rollback.tsx'), 'Rollback'),
    page('/p/$project/audit', () => import('./audit/audit.tsx'), 'Audit'),
    page('/p/$project/register', () => import('./procedure/register.tsx'), 'Register'),
    page('/p/$project/settings', () => import('./settings/settings-home.tsx'), 'SettingsHome'),
    page('/p/$project/settings/environments', () => import('./settings/environments.tsx'), 'Environments'),
    page('/p/$project/settings/channels', () => import('./settings/channels.tsx'), 'Channels'),
    page('/p/$project/settings/channels/$channel', () => import('./settings/channel.tsx'), 'ChannelPage'),
    page('/p/$project/settings/connections', () => import('./settings/connections.tsx'), 'Connections'),
    page(
      '/p/$project/settings/connections/$connection',
      () => import('./settings/connection.tsx'),
      'ConnectionPage',
    ),
    page('/p/$project/settings/documentation', () => import('./settings/documentation.tsx'), 'Documentation'),
    page('/p/$project/settings/policy', () => import('./settings/policy.tsx'), 'Policy'),
    page('/p/$project/settings/hooks', () => import('./settings/hooks.tsx'), 'Hooks'),
    page('/p/$project/settings/hooks/$hook', () => import('./settings/hook.tsx'), 'HookPage'),
    page('/p/$project/settings/automations', () => import('./settings/automations.tsx'), 'Automations'),
    page('/p/$project/settings/senders', () => import('./settings/senders.tsx'), 'Senders'),
    page('/settings', () => import('./settings/settings-home.tsx'), 'SettingsHome'),
    page('/settings/people', () => import('./settings/people.tsx'), 'People'),
    page('/settings/invitations', () => import('./settings/invitations.tsx'), 'Invitations'),
    page('/settings/sign-in', () => import('./settings/identity-provider.tsx'), 'IdentityProvider'),
    page('/settings/plan-templates', () => import('./settings/plan-templates.tsx'), 'PlanTemplates'),
    page('/settings/procedures/$procedure', () => import('./settings/procedure.tsx'), 'Procedure'),
    page('/settings/retention', () => import('./settings/retention.tsx'), 'Retention'),
    page('/settings/secrets', () => import('./settings/secrets.tsx'), 'Secrets'),
    page('/status', () => import('./status/status-page.tsx'), 'StatusPage'),
    page('/account', () => import('./access/account.tsx'), 'Account'),
  ]),
])

/** The router; it knows every address. */
export function createConsoleRouter() {
  return createRouter({ routeTree: tree, scrollRestoration: true })
}
