package bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/** A record as the brigade's system writes it. An absent text and an empty one are the same. */
public final class Sent {
    @JsonProperty("报文类型") public String kind;
    @JsonProperty("报文编号") public String id;
    @JsonProperty("执法单位") public String unit;
    @JsonProperty("内容") public Plan body;

    public static final class Plan {
        @JsonProperty("计划编号") public String planId;
        @JsonProperty("报送时间") public String submittedAt;
        @JsonProperty("版本号") public Long version;
        @JsonProperty("检查机关") public String agency;
        @JsonProperty("检查类型") public String type;
        @JsonProperty("触发来源") public String trigger;
        @JsonProperty("上级部署文号") public String deploymentNo;
        @JsonProperty("检查对象") public Subject subject;
        @JsonProperty("场所编号") public String siteCode;
        @JsonProperty("事项清单") public List<Item> items;
        @JsonProperty("检查期限") public Window window;
        @JsonProperty("方式") public String mode;
        @JsonProperty("状态") public String state;
        @JsonProperty("批准人") public Approver approver;
        @JsonProperty("批准时间") public String approvedAt;
        @JsonProperty("是否不打招呼") public String unannounced;
        @JsonProperty("执法人员") public List<Officer> officers;
        @JsonProperty("年度计划号") public String annualPlanRef;
        @JsonProperty("来源编号") public String sourceRef;
    }

    public static final class Subject {
        @JsonProperty("主体类型") public String subjectType;
        @JsonProperty("名称") public String name;
        @JsonProperty("统一社会信用代码") public String uscc;
        @JsonProperty("身份证件号码") public String idNo;
        @JsonProperty("出生日期") public String birthDate;
        @JsonProperty("是否未成年") public String isMinor;
        @JsonProperty("地址") public String address;
        @JsonProperty("行政区划代码") public String divisionCode;
        @JsonProperty("街道代码") public String streetCode;
        @JsonProperty("联系电话") public String phone;
    }

    public static final class Item {
        @JsonProperty("事项目录") public String catalogue;
        @JsonProperty("代码") public String code;
        @JsonProperty("事项层级") public String tier;
        @JsonProperty("名称") public String name;
        @JsonProperty("依据") public String basis;
        @JsonProperty("可否非现场") public String remoteCapable;
    }

    public static final class Window {
        @JsonProperty("起始日期") public String from;
        @JsonProperty("截止日期") public String to;
    }

    public static final class Approver {
        @JsonProperty("名称") public String name;
        @JsonProperty("职务") public String post;
        @JsonProperty("批准时间") public String approvedAt;
    }

    public static final class Officer {
        @JsonProperty("名称") public String name;
        @JsonProperty("执法证号") public String certNo;
    }
}
