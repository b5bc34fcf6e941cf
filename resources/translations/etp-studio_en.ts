<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US">
<context>
    <name />
    <message numerus="yes">
        <source>%n left to decide</source>
        <translation>
            <numerusform>%n left to decide</numerusform>
            <numerusform>%n left to decide</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{} in %n video(s)</source>
        <translation>
            <numerusform>{} in %n video</numerusform>
            <numerusform>{} in %n videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>comparing %n more video(s)</source>
        <translation>
            <numerusform>comparing %n more video</numerusform>
            <numerusform>comparing %n more videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n segment(s) of ground truth</source>
        <translation>
            <numerusform>%n segment of ground truth</numerusform>
            <numerusform>%n segments of ground truth</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n proposal(s)</source>
        <translation>
            <numerusform>%n proposal</numerusform>
            <numerusform>%n proposals</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n segment(s)</source>
        <translation>
            <numerusform>%n segment</numerusform>
            <numerusform>%n segments</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n unsure</source>
        <translation>
            <numerusform>%n unsure</numerusform>
            <numerusform>%n unsure</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n decided</source>
        <translation>
            <numerusform>%n decided</numerusform>
            <numerusform>%n decided</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>and %n more</numerusform>
            <numerusform>and %n more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>starts %n frame(s) later</source>
        <translation>
            <numerusform>starts %n frame later</numerusform>
            <numerusform>starts %n frames later</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>starts %n frame(s) earlier</source>
        <translation>
            <numerusform>starts %n frame earlier</numerusform>
            <numerusform>starts %n frames earlier</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>ends %n frame(s) later</source>
        <translation>
            <numerusform>ends %n frame later</numerusform>
            <numerusform>ends %n frames later</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>ends %n frame(s) earlier</source>
        <translation>
            <numerusform>ends %n frame earlier</numerusform>
            <numerusform>ends %n frames earlier</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n detection(s)</source>
        <translation>
            <numerusform>%n detection</numerusform>
            <numerusform>%n detections</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n unit(s) of {:.2f} s, from {} to {}</source>
        <translation>
            <numerusform>%n unit of {:.2f} s, from {} to {}</numerusform>
            <numerusform>%n units of {:.2f} s, from {} to {}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n more</source>
        <translation>
            <numerusform>%n more</numerusform>
            <numerusform>%n more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n to review</source>
        <translation>
            <numerusform>%n to review</numerusform>
            <numerusform>%n to review</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>worst boundary %n frame(s) off</source>
        <translation>
            <numerusform>worst boundary %n frame off</numerusform>
            <numerusform>worst boundary %n frames off</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n segment(s) changed in both projects. All else goes together.</source>
        <translation>
            <numerusform>%n segment changed in both projects. All else goes together.</numerusform>
            <numerusform>%n segments changed in both projects. All else goes together.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Import %n segment(s)</source>
        <translation>
            <numerusform>Import %n segment</numerusform>
            <numerusform>Import %n segments</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>trained on %n video(s): {}</source>
        <translation>
            <numerusform>trained on %n video: {}</numerusform>
            <numerusform>trained on %n videos: {}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Found %n video(s)</source>
        <translation>
            <numerusform>Found %n video</numerusform>
            <numerusform>Found %n videos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{}: none of the %n video(s) that are missing is in it</source>
        <translation>
            <numerusform>{}: none of the %n video that are missing is in it</numerusform>
            <numerusform>{}: none of the %n videos that are missing is in it</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>; %n video(s) still missing</source>
        <translation>
            <numerusform>; %n video still missing</numerusform>
            <numerusform>; %n videos still missing</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n file(s) looked into</source>
        <translation>
            <numerusform>%n file looked into</numerusform>
            <numerusform>%n files looked into</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{}, %n video(s) found</source>
        <translation>
            <numerusform>{}, %n video found</numerusform>
            <numerusform>{}, %n videos found</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Accepted %n detection(s). {} takes that back.</source>
        <translation>
            <numerusform>Accepted %n detection. {} takes that back.</numerusform>
            <numerusform>Accepted %n detections. {} takes that back.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{} of %n detection(s)</source>
        <translation>
            <numerusform>{} of %n detection</numerusform>
            <numerusform>{} of %n detections</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Copied %n segment(s): {} pastes at the playhead.</source>
        <translation>
            <numerusform>Copied %n segment: {} pastes at the playhead.</numerusform>
            <numerusform>Copied %n segments: {} pastes at the playhead.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n segment(s) beyond the video's ends left out.</source>
        <translation>
            <numerusform>%n segment beyond the video's ends left out.</numerusform>
            <numerusform>%n segments beyond the video's ends left out.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n frame(s)</source>
        <translation>
            <numerusform>%n frame</numerusform>
            <numerusform>%n frames</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n ground truth segment(s), none selected</source>
        <translation>
            <numerusform>%n ground truth segment, none selected</numerusform>
            <numerusform>%n ground truth segments, none selected</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n proposal(s) at ≥ {}</source>
        <translation>
            <numerusform>%n proposal at ≥ {}</numerusform>
            <numerusform>%n proposals at ≥ {}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source> (and %n more)</source>
        <translation>
            <numerusform> (and %n more)</numerusform>
            <numerusform> (and %n more)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n videos are not where they were: File, Find missing videos</source>
        <translation>
            <numerusform>%n videos are not where they were: File, Find missing videos</numerusform>
            <numerusform>%n videos are not where they were: File, Find missing videos</numerusform>
        </translation>
    </message>
</context>
</TS>
