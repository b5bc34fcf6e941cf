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
</context>
</TS>
