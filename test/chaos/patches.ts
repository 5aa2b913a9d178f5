import type { Patch } from './tree.ts'

export const appendStep = `const [fresh, strangers] = await Promise.all([
      deps.lanes.append(items),
      deps.profiles?.strangers(events) ?? [],
      deps.conversations.note(events),
      deps.story?.(events),
      deps.lastDeliveries.note(received),
    ])`
export const ringStep = 'soundAlarm(deps, items)'
export const pause = 'await new Promise((resolve) => setTimeout(resolve, 20))'

export const timerOff: Patch = {
  file: 'worker.ts',
  find: 'laneTimer({ ...store, offer: offerTo(drains, destinationOf(pages, helpdesks), log), log })',
  replace: '{ stop() {} }',
}
/** Makes visible what may happen between the two steps. */
export const pauseBeforeAlarm = splitPatch(ringStep, `${pause}\n    ${ringStep}`)
/** The very first batch: nothing is in flight then that would need the timer, which is off. */
export const dieBeforeAlarm = splitPatch(
  ringStep,
  `const fs = await import('node:fs')
    if (!fs.existsSync(process.env['CHAOS_DIR'] + '/died')) {
      fs.writeFileSync(process.env['CHAOS_DIR'] + '/died', '')
      process.kill(process.pid, 'SIGKILL')
    }
    ${ringStep}`,
)
export const unevenSplits: Patch = {
  file: 'queue/split-worker.ts',
  find: 'return await deps.split(job.data)',
  replace: 'await delay(Math.random() * 15)\n          return await deps.split(job.data)',
}

/** An awakened worker aborts its calls before it reads their answers; without that it takes a stale answer for its own. */
export const patientHold: Patch = {
  file: 'lanes/hold.ts',
  find: 'setTimeout(() => controller.abort(), deps.leaseMs * shareOfLease)',
  replace: 'setTimeout(() => {}, deps.leaseMs * shareOfLease)',
}

export function splitPatch(find: string, replace: string): Patch {
  return { file: 'queue/split-deliveries.ts', find, replace }
}

export function script(name: string, find: string, replace: string): Patch {
  return { file: `lanes/scripts/${name}.lua`, find, replace }
}
