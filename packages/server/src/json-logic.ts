/** JSONLogic in imported conditions, by json-logic-engine; nothing else knows the package. */
import { jsonLogicOf } from '@flagmarshal/evaluation'
import type { Engines } from '@flagmarshal/evaluation'
import { LogicEngine } from 'json-logic-engine'

/** What `compile` is given. */
export const engines: Engines = { jsonLogic: jsonLogicOf(new LogicEngine()) }
