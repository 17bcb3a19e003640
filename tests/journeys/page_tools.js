// Put into every page before its own scripts: a microphone the test speaks into, and a meter on what the page hears.
(() => {
  // A headless shell has no desktop and refuses all notifications: what the pages do with them is done all the same.
  if (window.Notification?.permission === 'denied') {
    window.Notification = class extends EventTarget {
      static permission = 'granted';
      static requestPermission = async () => 'granted';
      close() {}
    };
  }

  const peers = [];
  const NativePeer = window.RTCPeerConnection;
  if (!NativePeer || !navigator.mediaDevices) return;

  window.RTCPeerConnection = class extends NativePeer {
    constructor(...args) {
      super(...args);
      peers.push(this);
    }
  };

  let context = null;
  let microphone = null;
  function openMicrophone() {
    context ??= new AudioContext({ sampleRate: 48000 });
    microphone ??= context.createMediaStreamDestination();
    return microphone.stream.clone();
  }

  const device = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    if (window.journeyHasNoMicrophone || !constraints?.audio || constraints.video) return device(constraints);
    const stream = openMicrophone();
    await context.resume();
    return stream;
  };

  // Plays a sound file (base64) into the microphone; resolves when it has been said.
  window.journeySpeak = async (file) => {
    openMicrophone();
    const bytes = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0));
    const source = context.createBufferSource();
    source.buffer = await context.decodeAudioData(bytes.buffer);
    source.connect(microphone);
    const said = new Promise((resolve) => source.addEventListener('ended', resolve, { once: true }));
    source.start();
    await said;
  };

  // Sound the page makes itself in a loop (music for who waits): how often it has begun, and whether it sounds now.
  window.journeyMusic = { begun: 0, playing: false };
  window.AudioBufferSourceNode = class extends AudioBufferSourceNode {
    start(...when) {
      super.start(...when);
      if (!this.loop || this.context.state !== 'running') return;
      window.journeyMusic.begun += 1;
      window.journeyMusic.playing = true;
      this.addEventListener('ended', () => { window.journeyMusic.playing = false; });
    }
  };

  // The device whose sound is being sent.
  window.journeyMicrophone = () =>
    peers.filter((peer) => peer.connectionState === 'connected').flatMap((peer) => peer.getSenders())
      .map((sender) => sender.track).find((track) => track?.kind === 'audio')?.getSettings().deviceId ?? '';

  async function level() {
    let loudest = 0;
    for (const peer of peers) {
      if (peer.connectionState !== 'connected') continue;
      for (const report of (await peer.getStats()).values()) {
        if (report.type === 'inbound-rtp' && report.kind === 'audio') loudest = Math.max(loudest, report.audioLevel ?? 0);
      }
    }
    return loudest;
  }

  // The loudest moment (0 to 1) among all received sound within the time, or the first above `enough`.
  window.journeyLoudest = async (milliseconds, enough = 2) => {
    const end = performance.now() + milliseconds;
    let loudest = 0;
    while (performance.now() < end && loudest < enough) {
      loudest = Math.max(loudest, await level());
      // The browser reckons a level ten times a second, and asking is dear.
      await new Promise((resume) => setTimeout(resume, 100));
    }
    return loudest;
  };
})();
