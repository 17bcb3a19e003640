/** The caller's microphone, and why it cannot be had. */

/**
 * Which of the notices `mic.*` fits.
 * @param {any} error what getUserMedia, or livekit-client around it, rejected with
 * @returns {'denied'|'none'|'busy'|'insecure'|'unknown'}
 */
export function microphoneProblem(error) {
  if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) return 'insecure';
  switch (error?.name) {
    case 'NotAllowedError':
    case 'PermissionDeniedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'DevicesNotFoundError':
    case 'OverconstrainedError':
      return 'none';
    case 'NotReadableError':
    case 'TrackStartError':
    case 'AbortError':
      return 'busy';
    default:
      return 'unknown';
  }
}

/**
 * A track of the microphone for the room; rejects as getUserMedia does.
 * @param {any} livekit the module livekit-client
 * @param {string} [deviceId]
 */
export async function openMicrophone(livekit, deviceId) {
  if (!navigator.mediaDevices?.getUserMedia) throw new DOMException('no media devices', 'InsecureContextError');
  return livekit.createLocalAudioTrack({
    echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...(deviceId ? { deviceId } : {}),
  });
}

/**
 * Ask for the permission now, in the caller's gesture, and let the microphone go: the wait in a queue may be long, and
 * a light that says "recording" all the while would frighten.
 */
export async function askForMicrophone() {
  if (!navigator.mediaDevices?.getUserMedia) throw new DOMException('no media devices', 'InsecureContextError');
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  for (const track of stream.getTracks()) track.stop();
}
