/** Puts the call page together. */
import { Words } from '../common/copy.js';
import { hook, must, pageData, setText, show } from '../common/dom.js';
import { AfterCall } from './after.js';
import { Call } from './call.js';
import { Callback } from './callback.js';
import { resume, takeBack } from './comeback.js';
import { DeviceMenu } from './devices.js';
import { StartForm } from './form.js';
import { livekit } from './line.js';
import { TranscriptView } from './transcript-view.js';
import { View } from './view.js';
import { Videos } from './videos.js';
import { Visualizer } from './visualizer.js';
import { callbackForm, narrow } from './wish.js';

const data = pageData('page-data');
const words = new Words(data.copy, data.language, { company: data.company });
const view = new View(words);
const lines = new TranscriptView(must('#lines'), words);
const videos = new Videos(words);

const call = new Call(must('#remote-audio'), {
  onChange: render,
  onLines: renderLines,
  onMusic: (state) => view.renderMusic(state),
  onVideo: (track, identity, present, name) => videos.change(track, identity, present, name),
});
const after = new AfterCall(words, call);
const callback = new Callback(words, call);
const form = new StartForm(words, data, { onStart: start, onLanguage: useLanguage });
const devices = new DeviceMenu(words, {
  choose: (kind, id) => call.connection.useDevice(kind, id),
  active: (kind) => call.connection.line?.room.getActiveDevice(kind),
  cameraOn: () => call.model.camera,
});
const visualizer = new Visualizer(hook('visualizer'), call.connection.levels, showSpeaker);
let phase = 'ready';
let them = '';

function render(model) {
  view.render(model);
  view.renderMusic(call.musicState);
  visualizer.queue(model.callState === 'waiting' && !model.assigned && model.position ? model.position - 1 : null);
  videos.render(model);
  const other = must('#call').dataset.them;
  if (other !== them) {
    them = other;
    visualizer.recolour();
  }
  narrow(must('#callback-during'), model.offer, words);
  if (model.phase === 'ended') after.render(model);
  if (model.phase === 'failed') showFailure();
  if (model.phase !== phase) entered(model.phase);
  callback.follow(model);
}

function entered(next) {
  phase = next;
  if (next === 'live' || next === 'starting') {
    visualizer.start();
    if (!must('#callback-during').hasChildNodes() && next === 'live') callbackForm(must('#callback-during'), words, call);
  } else {
    visualizer.stop();
    devices.toggle(false);
    must('#callback-during').replaceChildren();
  }
  if (next === 'ready') after.reset();
  renderLines();
}

function renderLines() {
  lines.render(call.transcript.lines);
  show(must('#captions-empty'), call.transcript.lines.length === 0);
  if (call.model.phase === 'ended') after.renderLines();
}

function showSpeaker(speaker) {
  hook('visualizer').dataset.speaker = speaker === 'them' ? must('#call').dataset.them : speaker;
  must('#end-you').toggleAttribute('data-speaking', speaker === 'you');
  must('#end-them').toggleAttribute('data-speaking', speaker === 'them');
}

async function start(caller, direct) {
  await call.start(caller, direct);
  const { failure } = call.model;
  if (failure?.fields && Object.keys(failure.fields).length) {
    call.reset();
    if (!form.refuse(failure.fields)) call.update({ phase: 'failed', failure });
  }
}

let countdown = 0;
function showFailure() {
  clearTimeout(countdown);
  // The seconds count down on the button: in the status region each would be read out.
  const { until = 0 } = call.model.failure;
  const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
  setText(hook('retry'), left ? words.say('failed.retry_in', { count: left }) : words.say('failed.retry'));
  hook('retry').disabled = left > 0;
  if (left > 0) countdown = window.setTimeout(() => { if (call.model.phase === 'failed') showFailure(); }, 500);
}

function useLanguage(language) {
  words.use(language);
  words.apply();
  const address = new URL(location.href);
  address.searchParams.set('lang', language);
  history.replaceState(null, '', address);
  document.title = words.say('page.title');
  hook('language').value = language;
  for (const link of document.querySelectorAll('[data-language]')) {
    if (link.dataset.language === language) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
  form.render();
  view.heading(phase === 'starting' ? 'live' : phase);
  render(call.model);
  renderLines();
  visualizer.fit();
}

for (const link of document.querySelectorAll('[data-language]')) {
  link.addEventListener('click', (event) => {
    event.preventDefault();
    useLanguage(link.dataset.language);
  });
}

hook('end-call').addEventListener('click', () => void call.hangUp());
hook('mute').addEventListener('click', () => void call.toggleMute());
hook('camera').addEventListener('click', () => void call.connection.toggleCamera());
hook('turn-on-sound').addEventListener('click', () => void call.unlockSound());
hook('start-again').addEventListener('click', () => call.reset());
hook('start-over').addEventListener('click', () => call.reset());
hook('retry').addEventListener('click', () => void start(form.caller(), form.direct));
must('#music').addEventListener('click', () => call.update({ musicOff: !call.model.musicOff }));
must('#notice-action').addEventListener('click', () => {
  if (call.model.link === 'elsewhere') void takeBack(call);
  else void call.connection.openMicrophone();
});

hook('talk-to-human').addEventListener('click', async () => {
  const error = must('#person-error');
  show(error, false);
  if (hook('talk-to-human').getAttribute('aria-disabled') === 'true') return;
  try {
    await call.talkToPerson(words.say('call.person_reason'));
  } catch (problem) {
    console.warn('no transfer', problem);
    setText(error, words.say('call.person_failed'));
    show(error, true);
  }
});

must('#composer').addEventListener('submit', async (event) => {
  event.preventDefault();
  const field = hook('message');
  const text = field.value.trim();
  const error = must('#message-error');
  if (!text) return;
  field.value = '';
  show(error, false);
  try {
    await call.send(text);
  } catch (problem) {
    console.warn('not sent', problem);
    field.value ||= text;
    setText(error, words.say('transcript.send_failed'));
    show(error, true);
  }
});

// A page out of the browser's cache has a dead room and a dead socket: begin again from what the server knows.
window.addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });

must('#call').dataset.booted = 'true';
livekit().catch((error) => console.warn('livekit-client not loaded', error));
void resume(call).then((found) => { if (!found) callback.follow(call.model); });
